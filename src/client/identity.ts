/**
 * Who this device is: made by pairing, kept by its host (IndexedDB in a browser, a file for a terminal), never sent.
 */
export interface DeviceKey {
  /** Ed25519, 32 bytes each. */
  readonly secretKey: Uint8Array;
  readonly publicKey: Uint8Array;
}

export interface WebIdentity {
  readonly serverId: string;
  readonly accountId: string;
  /** 32 bytes. Opens everything of the account. */
  readonly accountKey: Uint8Array;
  readonly deviceId: string;
  readonly deviceKey: DeviceKey;
}
