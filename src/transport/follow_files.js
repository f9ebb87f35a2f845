// Runs in a worker whose only right is to read the files that it is told of. It tells of each text that differs from the
// last, and of what keeps it from reading.
const told = new Map();

self.onmessage = ({ data: { interval, maxBytes, texts } }) => {
  for (const [path, text] of texts) told.set(path, text);
  setInterval(() => {
    for (const path of told.keys()) look(path, maxBytes);
  }, interval);
};

function look(path, maxBytes) {
  try {
    const { isFile, size } = Deno.statSync(path);
    if (!isFile || size > maxBytes) throw new Error(`${path} is no file of at most ${maxBytes} bytes`);
    tell(path, { text: Deno.readTextFileSync(path) });
  } catch (error) {
    tell(path, { error: error.message });
  }
}

function tell(path, { text, error }) {
  const news = text ?? error;
  if (told.get(path) === news) return;
  told.set(path, news);
  postMessage({ path, text, error });
}
