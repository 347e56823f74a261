// For tests only: drive a real host from Node, and judge what it and its client say.
export { childPort, type ChildPort, type ChildPortOptions } from "./child-port.ts";
export { errorKinds, fault, methodNames, notificationNames, validateTraffic } from "../../schema/check.ts";
export { FakeClock, settle } from "./fake-clock.ts";
export { aCapture, FakeHost, refusal, type Answerer } from "./fake-host.ts";
export type { SeenFrame, TrafficFault } from "../../schema/check.ts";
