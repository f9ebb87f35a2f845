/** A broker with one topic, in the oldest versions of each request that kafkajs 2.2.4 speaks. All messages are in partition 0. */
import { int, joined, Reader, text } from "./bytes.ts";
import { type Fault, misbehave, type Script, send } from "./misbehaving.ts";
import { ScriptedServer } from "./server.ts";

export const TOPIC = "market";
const NODE = 1;
const MEMBER = "member-1";

/** Number and version of each request. Source: Kafka protocol guide. */
const APIS: Record<string, [key: number, version: number]> = {
  Produce: [0, 3],
  Fetch: [1, 4],
  ListOffsets: [2, 1],
  Metadata: [3, 1],
  OffsetCommit: [8, 2],
  OffsetFetch: [9, 2],
  FindCoordinator: [10, 0],
  JoinGroup: [11, 0],
  Heartbeat: [12, 0],
  LeaveGroup: [13, 0],
  SyncGroup: [14, 0],
  ApiVersions: [18, 0],
  CreateTopics: [19, 0],
  InitProducerId: [22, 0],
};

const NAMES = new Map(Object.entries(APIS).map(([name, [key]]) => [key, name]));
const UNSUPPORTED_VERSION = 35;

interface Batch {
  base: number;
  count: number;
  bytes: Uint8Array;
  /** Producer id, epoch and first sequence number, by which a batch that comes again is known. */
  origin: string;
}

const list = (...items: Uint8Array[]) => joined([int(4, items.length), ...items]);
const sized = (bytes: Uint8Array) => joined([int(4, bytes.length), bytes]);
const none = int(2, -1);

export class KafkaBroker extends ScriptedServer {
  readonly log: Batch[] = [];
  /** First offset that is not committed; -1 for none. */
  committed = -1;
  /** Error of partition 1, which there is when this is set. */
  sick: number | undefined;
  /** Requests so far, by name. */
  readonly asked = new Map<string, number>();
  #generation = 0;
  #producers = 0;

  constructor(public script: Script = () => undefined) {
    super(4);
  }

  get end(): number {
    const last = this.log.at(-1);
    return last === undefined ? 0 : last.base + last.count;
  }

  /** Adds a batch as a producer sends it. */
  append(bytes: Uint8Array): number {
    const head = new DataView(bytes.buffer, bytes.byteOffset);
    const origin = [43, 51, 53].map((at) => head.getInt32(at)).join() + head.getInt32(47);
    const known = head.getBigInt64(43) >= 0n ? this.log.find((batch) => batch.origin === origin) : undefined;
    if (known !== undefined) return known.base;
    const base = this.end;
    const copy = bytes.slice();
    new DataView(copy.buffer).setBigInt64(0, BigInt(base));
    this.log.push({ base, count: head.getInt32(57), bytes: copy, origin });
    return base;
  }

  protected override async answer(peer: Deno.Conn, _header: Uint8Array, body: Uint8Array): Promise<boolean> {
    const request = new Reader(body);
    const [key, version, id] = [request.int(2), request.int(2), request.int(4)];
    request.text();
    const api = NAMES.get(key)!;
    const frame = (answer: Uint8Array) => sized(joined([int(4, id), answer]));
    if (version !== APIS[api]![1]) {
      await send(peer, frame(joined([int(2, UNSUPPORTED_VERSION), int(4, 0)])));
      return true;
    }
    const times = this.asked.get(api) ?? 0;
    this.asked.set(api, times + 1);
    const fault = this.script(api, times);
    const answered = await this.#answers(api, request, fault);
    const whole = frame(answered);
    if (fault === undefined || typeof fault === "object") {
      await send(peer, whole);
      return true;
    }
    const spoilId = (bytes: Uint8Array) => bytes[4]! ^= 0x40;
    return await misbehave(peer, whole, fault, { lengthAt: 0, spoilId }, this.sleep);
  }

  async #answers(api: string, request: Reader, fault: Fault | undefined): Promise<Uint8Array> {
    const code = typeof fault === "object" ? fault.code : 0;
    const error = int(2, code);
    switch (api) {
      case "ApiVersions":
        return joined([
          error,
          list(
            ...Object.values(APIS).map(([key, version]) =>
              joined([int(2, key), int(2, version), int(2, version)])
            ),
          ),
        ]);
      case "Metadata": {
        const ids = list(int(4, NODE));
        const partitions = this.#each((id) => joined([int(2, 0), int(4, id), int(4, NODE), ids, ids]));
        return joined([
          list(joined([int(4, NODE), text("127.0.0.1"), int(4, this.port), none])),
          int(4, NODE),
          list(joined([error, text(TOPIC), int(1, 0), partitions])),
        ]);
      }
      case "InitProducerId":
        return joined([int(4, 0), error, int(8, ++this.#producers), int(2, 0)]);
      case "FindCoordinator":
        return joined([error, int(4, NODE), text("127.0.0.1"), int(4, this.port)]);
      case "Produce":
        return this.#produce(request, code);
      case "Fetch":
        return await this.#fetch(request, code);
      case "ListOffsets": {
        request.int(4);
        const [time] = request.list(
          () => (request.text(), request.list(() => (request.int(4), request.int(8)))),
        )[0]!;
        const offset = time === -2 ? 0 : this.end;
        const answer = (id: number) => joined([int(4, id), error, int(8, -1), int(8, id === 0 ? offset : 0)]);
        return list(joined([text(TOPIC), this.#each(answer)]));
      }
      case "CreateTopics":
        return list(joined([text(TOPIC), error]));
      default:
        return this.#group(api, request, code);
    }
  }

  #produce(request: Reader, code: number): Uint8Array {
    request.text();
    request.int(2);
    request.int(4);
    request.list(() => {
      request.text();
      return request.list(() => {
        request.int(4);
        const records = request.take(request.int(4));
        if (code === 0) this.append(records);
      });
    });
    const partition = joined([int(4, 0), int(2, code), int(8, this.end), int(8, -1)]);
    return joined([list(joined([text(TOPIC), list(partition)])), int(4, 0)]);
  }

  async #fetch(request: Reader, code: number): Promise<Uint8Array> {
    request.int(4);
    const wait = request.int(4);
    [request.int(4), request.int(4), request.int(1)];
    const [asked] = request.list(() => {
      request.text();
      return request.list(() => {
        const id = request.int(4);
        const offset = request.int(8);
        request.int(4);
        return [id, offset] as const;
      });
    });
    const from = asked!.find(([id]) => id === 0)?.[1] ?? Infinity;
    const isSick = this.sick !== undefined && asked!.some(([id]) => id === 1);
    const found = code === 0 ? this.log.filter(({ base, count }) => base + count > from) : [];
    if (found.length === 0 && code === 0 && !isSick) await this.sleep(wait);
    const end = int(8, this.end);
    const partition = joined([
      int(4, 0),
      int(2, code),
      end,
      end,
      int(4, 0),
      sized(joined(found.map(({ bytes }) => bytes))),
    ]);
    const none = int(8, -1);
    const sick = isSick ? [joined([int(4, 1), int(2, this.sick!), none, none, int(4, 0), int(4, 0)])] : [];
    return joined([int(4, 0), list(joined([text(TOPIC), list(...sick, partition)]))]);
  }

  /** What is answered for each partition. */
  #each(answer: (partition: number) => Uint8Array): Uint8Array {
    return list(...(this.sick === undefined ? [0] : [0, 1]).map(answer));
  }

  #group(api: string, request: Reader, code: number): Uint8Array {
    const error = int(2, code);
    switch (api) {
      case "JoinGroup": {
        [request.text(), request.int(4), request.text(), request.text()];
        const [protocol] = request.list(() => ({
          name: request.text(),
          metadata: request.take(request.int(4)),
        }));
        const members = list(joined([text(MEMBER), sized(protocol!.metadata)]));
        return joined([
          error,
          int(4, ++this.#generation),
          text(protocol!.name),
          text(MEMBER),
          text(MEMBER),
          members,
        ]);
      }
      case "SyncGroup": {
        [request.text(), request.int(4), request.text()];
        const [assigned] = request.list(() => (request.text(), request.take(request.int(4))));
        return joined([error, sized(assigned ?? new Uint8Array(0))]);
      }
      case "OffsetCommit": {
        [request.text(), request.int(4), request.text(), request.int(8)];
        request.list(() => {
          request.text();
          request.list(() => {
            const id = request.int(4);
            const offset = request.int(8);
            request.text();
            if (code === 0 && id === 0) this.committed = offset;
          });
        });
        return list(joined([text(TOPIC), list(joined([int(4, 0), error]))]));
      }
      case "OffsetFetch":
        return joined([
          list(
            joined([
              text(TOPIC),
              this.#each((id) =>
                joined([int(4, id), int(8, id === 0 ? this.committed : 0), text(""), error])
              ),
            ]),
          ),
          int(2, 0),
        ]);
      default:
        return error;
    }
  }
}
