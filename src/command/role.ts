import type { SettingName, Settings } from "../settings/settings.ts";
import type { Logger } from "../telemetry/log.ts";

/** Long work, for somebody who waits. */
export interface Work {
  /** In a word. */
  what: string;
  /** Of what it is told how much is done: bytes, hours, any measure. */
  total: number;
  /** What is counted beside that, such as rows. */
  unit: string;
}

/** Tells how far long work is, until it is disposed of. */
export interface Progress extends Disposable {
  /**
   * May be called often.
   *
   * @param done part of the total
   * @param counted so far, in its unit
   * @param fields what a line of the log says
   */
  at(done: number, counted: number, fields: () => Record<string, number>): void;
}

/** What a role gets to run with; all that it may touch of the outside comes in here or through its settings. */
export interface RoleContext<K extends SettingName = SettingName> {
  settings: Pick<Settings, K>;
  /** Words after the role's name, such as the query of `tickers`. */
  words: string[];
  log: Logger;
  /** Aborted by SIGTERM and SIGINT: stop taking, flush, return. */
  signal: AbortSignal;
  /** Writes one line for the user (standard output); logs go elsewhere. */
  print(line: string): void;
  /** Begins to tell how far something is that takes long. */
  progress(work: Work): Promise<Progress>;
}

/** A role of the executable. Its module is loaded only when it runs, so that no role pays for another's libraries. */
export interface Role {
  name: string;
  summary: string;
  /** Words that it takes, for its usage line; none when absent. */
  words?: string;
  settings: readonly SettingName[];
  /**
   * What it does with files. Most roles need none but those that settings name, and give the right up before they run.
   */
  files?: "reads" | "writes";
  /** Whether it may run programs; none may when absent. */
  runs?: true;
  /** A switch: if it is set, the role keeps the right to run a program until it has run one. */
  runsFor?: SettingName;
  /** A setting that names a folder: if it is set, the role keeps the right to write. */
  writesFor?: SettingName;
  /** Runs until done or stopped; resolves to the exit code. */
  run(context: RoleContext): Promise<number>;
}
