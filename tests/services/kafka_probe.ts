import { Exchange } from "./exchange.ts";

const METADATA = 3;

/** What a broker knows of its cluster. */
export interface ClusterView {
  brokers: number;
  /** Broker id of the controller; -1 while there is none. */
  controller: number;
}

/**
 * Asks a broker for metadata of no topic (Kafka protocol, Metadata version 1). A broker that has just registered answers
 * with no brokers until the controller has told it about them.
 */
export async function clusterView(host: string, port: number): Promise<ClusterView> {
  using exchange = await Exchange.open(host, port);
  const request = new DataView(new ArrayBuffer(18));
  request.setInt32(0, 14); // size of what follows
  request.setInt16(4, METADATA);
  request.setInt16(6, 1); // version
  request.setInt32(8, 1); // correlation id
  request.setInt16(12, -1); // client id: null
  request.setInt32(14, 0); // topics: none
  await exchange.write(new Uint8Array(request.buffer));
  const size = new DataView((await exchange.read(4)).buffer).getInt32(0);
  const answer = new DataView((await exchange.read(size)).buffer);
  const brokers = answer.getInt32(4);
  let at = 8;
  for (let i = 0; i < brokers; i++) {
    at += 4; // node id
    at += 2 + answer.getInt16(at); // host
    at += 4; // port
    at += 2 + Math.max(0, answer.getInt16(at)); // rack: null has length -1
  }
  return { brokers, controller: answer.getInt32(at) };
}
