// Make an explorer's frame as high as what it shows. From a disk (file:) a page may not look into
// the frame, and the height of the style sheet stays.
function fit(frame) {
  const body = frame.contentDocument?.body;
  if (!body) return;
  const resize = () => {
    frame.style.height = `${Math.ceil(body.getBoundingClientRect().height) + 32}px`;
  };
  new ResizeObserver(resize).observe(body);
  resize();
}
for (const frame of document.querySelectorAll(".cg-explorer")) {
  frame.addEventListener("load", () => fit(frame));
  fit(frame);
}
