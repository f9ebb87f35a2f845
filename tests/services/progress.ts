/** Told one line at each step of work that a person would otherwise wait for in silence. */
export type Progress = (line: string) => void;

export const silent: Progress = () => {};

/** Progress on standard error, each line with the seconds since the first. */
export function progressOnStderr(): Progress {
  const started = performance.now();
  return (line) => {
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    console.error(`[${seconds.padStart(5)} s] ${line}`);
  };
}
