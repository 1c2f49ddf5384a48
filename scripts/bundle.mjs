// Build the browser side: TypeScript into static/explorer.js, its style into static/explorer.css.
//
// Every saved widget carries the module, so it is packed: deflated, and unpacked where it runs. The
// packer is a pinned one in JavaScript, because zlib's bytes differ between machines.

import { writeFile } from "node:fs/promises";

import { build } from "esbuild";
import { deflateSync } from "fflate";

const { outputFiles, metafile } = await build({
  entryPoints: ["cgraph_edu/widget/src/explorer.ts"],
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
const packed = Buffer.from(deflateSync(script.contents, { level: 9 })).toString("base64");

const loader = `// Packed by scripts/bundle.mjs from widget/src.
const packed = Uint8Array.from(atob("${packed}"), (byte) => byte.charCodeAt(0));
const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
const script = new Blob([await new Response(stream).blob()], { type: "text/javascript" });
const url = URL.createObjectURL(script);
const explorer = await import(url);
URL.revokeObjectURL(url);
export const { ${names.join(", ")} } = explorer;
export default explorer.default;
`;

await writeFile(script.path, loader);
await writeFile(style.path, style.contents);

const size = (bytes) => `${(bytes / 1000).toFixed(1)} kB`;
console.log(`explorer.js ${size(loader.length)}, unpacked ${size(script.contents.length)}`);
console.log(`explorer.css ${size(style.contents.length)}`);
