// An explorer's frame is as high as what it shows, and as dark as the page around it. From a disk
// (file:) a page may not look into a frame: there the height of the style sheet stays, and the
// explorer follows the system.
const frames = document.querySelectorAll(".cg-explorer");

function fit(frame) {
  const body = frame.contentDocument?.body;
  if (!body) return;
  const resize = () => {
    frame.style.height = `${Math.ceil(body.getBoundingClientRect().height) + 32}px`;
  };
  new ResizeObserver(resize).observe(body);
  resize();
}

function paint(frame) {
  const inside = frame.contentDocument;
  if (!inside?.body) return;
  const isDark = document.body.dataset.mdColorScheme === "slate";
  // To the widget this attribute says what its notebook looks like.
  inside.body.dataset.theme = isDark ? "dark" : "light";
  for (const sheet of inside.styleSheets) {
    for (const rule of sheet.cssRules) {
      if (rule.isDark ?? rule.media?.mediaText.includes("color-scheme: dark")) {
        rule.isDark = true;
        rule.media.mediaText = isDark ? "all" : "not all";
      }
    }
  }
}

for (const frame of frames) {
  const show = () => {
    fit(frame);
    paint(frame);
  };
  frame.addEventListener("load", show);
  show();
}
new MutationObserver(() => frames.forEach(paint)).observe(document.body, {
  attributeFilter: ["data-md-color-scheme"],
});
