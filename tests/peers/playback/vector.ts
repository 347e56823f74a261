// What the protocol comes to for known keys: computed once with another program. For tests of every side.

export const VECTOR = {
  clientSeed: Uint8Array.from({ length: 32 }, (_, at) => 1 + at),
  serverSeed: Uint8Array.from({ length: 32 }, (_, at) => 65 + at),
  clientPub: "B6N8vBQgk8i3VdwbEOhstCY3StFqqFPtC9/AsrhtHHw=",
  serverPub: "ZLEBsdC+WocEvQePmJUAH8A+jp+VIvGI3RKNmEbUhGY=",
  clientJwk: { d: "AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA", x: "B6N8vBQgk8i3VdwbEOhstCY3StFqqFPtC9_AsrhtHHw" },
  serverNonce: "AAECAwQFBgcICQoL",
  sharedHex: "26c2c17fdb82161cb21ad16e721315355b64d1763119b10bfc962530dc7cc163",
  kekHex: "f87800e2a34b7ec5e0a65bd431ee1665",
  rootSecret: Uint8Array.from({ length: 32 }, (_, at) => at),
  segment: { videoId: "vid_1", rendition: "720p", segIdx: 0 },
  dekHex: "e7bcc70f631e5b229707a8f4b76ca8ac",
  wrapIv: "EBESExQVFhcYGRob",
  wrappedDek: "gHQEsKGKtgnVED7qrq82sx4wNDCA6QQqmDl23yFy8bE=",
  segmentIv: "ICEiIyQlJicoKSor",
  plain: "hello segment",
  sealed: "xfn+4vbhLrwFUms1HZd6jY/V+IaMgX8HPhMU2p0=",
  deviceFacts: ["UA", "1920x1080x24", "Europe/Zurich", "en-US", "8", "Linux x86_64"],
  deviceFingerprint: "IATV1fhvdXbFkkYnKhJ3QFhuigDlTaLIoXx7uHvz3Wo=",
} as const;

/** RFC 3394, section 4.1: 128 bits of key data under a key of 128. */
export const KEY_WRAP_VECTOR = { kekHex: "000102030405060708090a0b0c0d0e0f", dekHex: "00112233445566778899aabbccddeeff", wrappedHex: "1fa68b0a8112b447aef34bd8fb5a7b829d3e862371d2cfe5" } as const;
