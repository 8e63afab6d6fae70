/** What a caller may take of the service. Each is configuration, has a default that no honest caller meets, and is named in the error. */

export interface Limits {
  /** `UPLOAD_IDLE_S`: seconds in which a body must go on. */
  upload_idle_s: number;
  /** `UPLOAD_MIN_RATE`: bytes a second that a body must have on average, once it takes longer than `upload_idle_s`. */
  upload_min_rate: number;
}

/** A modem sends three thousand bytes a second; thirty seconds is a long break for any network. */
export const DEFAULT_LIMITS: Limits = { upload_idle_s: 30, upload_min_rate: 200 };
