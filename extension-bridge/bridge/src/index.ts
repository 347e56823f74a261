// Everything an extension needs to talk to the Auricle host.
export { Bridge, connect } from "./bridge.ts";
export type { BridgeEvents, BridgeOptions, BridgeState, RefreshAnswer } from "./bridge.ts";
export type { Captures } from "./captures.ts";
export type { HostNotification, Method, Params, Result } from "./channel.ts";
export type { Clock, Random } from "./clock.ts";
export { ChannelError, HostError } from "./errors.ts";
export { isFinal } from "./follow.ts";
export { decode, explain, EXPLANATIONS } from "./messages.ts";
export type { ChannelProblem, Explanation } from "./messages.ts";
export { HOST_NAME, nativePort } from "./port.ts";
export type { EndedPort, OpenPort, Port } from "./port.ts";
export type * from "./protocol.ts";
export { readPiece, readRecording } from "./recording.ts";
export type { AskForAudio, AudioPiece, PieceOptions, RecordingOptions } from "./recording.ts";
export type { Refreshes } from "./refreshes.ts";
export type { Sites } from "./sites.ts";
export type { Vault } from "./vault.ts";
