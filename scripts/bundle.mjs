// Build the browser side: TypeScript into static/explorer.js, static/arrays.js and
// static/placement.js, their styles into .css files of the same names.
//
// Every saved widget carries its module with the style, so they are packed: deflated together,
// written four bytes in five letters, and unpacked where they run. Zopfli takes its time and saves
// most; it is pinned, because zlib's bytes differ between machines. A saved page has the style as it
// is, for what it shows without scripts.

import { writeFile } from "node:fs/promises";

import { deflateAsync } from "@gfx/zopfli";
import { build, transform } from "esbuild";

// Letters that JavaScript, JSON and HTML leave as they are.
const LETTERS = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?,;_|()[]{}@%#";

async function bundle(name) {
  const { outputFiles, metafile } = await build({
    entryPoints: [`cgraph_edu/widget/src/${name}.ts`],
    outdir: "cgraph_edu/widget/static",
    bundle: true,
    format: "esm",
    target: "es2022",
    minify: true,
    charset: "utf8",
    legalComments: "none",
    metafile: true,
    write: false,
  });
  const script = outputFiles.find(({ path }) => path.endsWith(".js"));
  const style = outputFiles.find(({ path }) => path.endsWith(".css"));
  const { exports } = Object.values(metafile.outputs).find(({ entryPoint }) => entryPoint);
  const names = exports.filter((name) => name !== "default");
  const both = Buffer.concat([script.contents, Buffer.from([0]), style.contents]);
  const packed = Buffer.from(await deflateAsync(both, { numiterations: 50 }));
  const loader = `// Packed by scripts/bundle.mjs from widget/src.
const letters = "${LETTERS}";
const text = "${inLetters(packed)}";
const words = new DataView(new ArrayBuffer((text.length / 5) * 4));
for (let i = 0; i < text.length; i += 5) {
  const word = [...text.slice(i, i + 5)].reduce((sum, letter) => sum * 85 + letters.indexOf(letter), 0);
  words.setUint32((i / 5) * 4, word);
}
const packed = words.buffer.slice(0, ${packed.length});
const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
const [script, style] = (await new Response(stream).text()).split("\\0");
const url = URL.createObjectURL(new Blob([script], { type: "text/javascript" }));
const explorer = await import(url);
URL.revokeObjectURL(url);
${names.length ? `export const { ${names.join(", ")} } = explorer;` : ""}
// Each widget has a module of its own; those of one style share a sheet.
const sheet = (globalThis[Symbol.for(style)] ??= new CSSStyleSheet());
if (!sheet.cssRules.length) sheet.replaceSync(style);
// An element that is not on the page yet will be in the document; one in a shadow is there already.
const dress = (root) => {
  const place = root instanceof ShadowRoot ? root : document;
  if (!place.adoptedStyleSheets.includes(sheet)) place.adoptedStyleSheets.push(sheet);
};
export default {
  render(view) {
    dress(view.el.getRootNode());
    return explorer.default.render(view);
  },
};
`;
  const { code } = await transform(loader, { format: "esm", minify: true, target: "es2022" });
  await writeFile(script.path, code);
  await writeFile(style.path, style.contents);
  const size = (bytes) => `${(bytes / 1000).toFixed(1)} kB`;
  console.log(`${name}.js ${size(code.length)}, unpacked ${size(script.contents.length)}`);
  console.log(`${name}.css ${size(style.contents.length)}`);
}

function inLetters(bytes) {
  const view = new DataView(new Uint8Array(4 * Math.ceil(bytes.length / 4)).buffer);
  bytes.forEach((byte, i) => view.setUint8(i, byte));
  let text = "";
  for (let at = 0; at < view.byteLength; at += 4) {
    let word = view.getUint32(at);
    let five = "";
    for (let i = 0; i < 5; i++) [five, word] = [LETTERS[word % 85] + five, Math.floor(word / 85)];
    text += five;
  }
  return text;
}

await Promise.all(["explorer", "arrays", "placement"].map(bundle));
