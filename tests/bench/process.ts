/** What a process has used so far. Linux only. */
export interface Usage {
  /** Seconds of both user and system time. */
  cpuSeconds: number;
  /** Resident memory, MiB. */
  residentMiB: number;
  /** Peak of it. */
  peakMiB: number;
  /** Of the resident memory what is no file's: code of the executable is loaded when it first runs, and is no growth. MiB. */
  anonymousMiB: number;
}

/** Clock ticks a second, which Linux fixes for all user-space interfaces. */
const TICKS = 100;

/** Reads the usage of a running process. */
export async function usage(pid: number): Promise<Usage> {
  const stat = await Deno.readTextFile(`/proc/${pid}/stat`);
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const status = await Deno.readTextFile(`/proc/${pid}/status`);
  const mebibytes = (field: string) => Number(new RegExp(`${field}:\\s+(\\d+)`).exec(status)![1]) / 1024;
  return {
    cpuSeconds: (Number(fields[11]) + Number(fields[12])) / TICKS,
    residentMiB: mebibytes("VmRSS"),
    peakMiB: mebibytes("VmHWM"),
    anonymousMiB: mebibytes("RssAnon"),
  };
}
