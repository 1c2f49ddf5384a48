// Search from a disk. There (file:) a browser starts no worker, and Material's search wants one. So
// the worker's script runs in a frame out of sight. Over http nothing is changed. (Material's plugin
// "offline" would fetch such a script from another host; it looks for this file's name.)
if (location.protocol === "file:") {
  window.Worker = class extends EventTarget {
    constructor(url) {
      super();
      const frame = document.createElement("iframe");
      frame.hidden = true;
      document.body.append(frame);
      const inside = frame.contentWindow;
      inside.importScripts = async () => {};
      inside.postMessage = (data) => this.dispatchEvent(new MessageEvent("message", { data }));
      inside.__index = window.__index;
      const script = inside.document.createElement("script");
      script.src = new URL(url, location.href).href;
      this.inside = new Promise((resolve) => {
        script.onload = () => resolve(inside);
      });
      inside.document.body.append(script);
    }

    async postMessage(data) {
      const inside = await this.inside;
      inside.dispatchEvent(new inside.MessageEvent("message", { data }));
    }

    terminate() {}
  };
}
