// Preloaded into a server (`--import`): at SIGUSR2 its clock is an hour behind, in the main thread, where revisions are given.
const now = Date.now;
let offset = 0;
Date.now = () => now() + offset;
process.on('SIGUSR2', () => {
  offset -= 3_600_000;
  console.log(JSON.stringify({ msg: 'clock turned back', now: Date.now() }));
});
