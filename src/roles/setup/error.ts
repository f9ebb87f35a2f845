/** Something that a person has to do before setup can go on. */
export class SetupError extends Error {
  override name = "SetupError";
}
