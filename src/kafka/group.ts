import kafkajs, { type Admin } from "kafkajs";
import type { GroupHolding } from "../processing/group_holding.ts";

/** How far a group has taken in a topic's layout. */
export async function groupHolding(admin: Admin, groupId: string, topic: string): Promise<GroupHolding> {
  const { groups } = await admin.describeGroups([groupId]);
  const { members = [], state = "Empty" } = groups[0] ?? {};
  const partitions = new Set<number>();
  for (const { memberAssignment } of members) {
    if (memberAssignment.length === 0) continue;
    const decoded = kafkajs.AssignerProtocol.MemberAssignment.decode(memberAssignment);
    for (const partition of decoded?.assignment[topic] ?? []) partitions.add(partition);
  }
  return {
    members: members.length,
    partitions,
    moving: state !== "Stable" && state !== "Empty" && state !== "Dead",
  };
}
