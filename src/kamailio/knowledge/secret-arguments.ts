/**
 * Functions of kamailio.cfg that are given a secret as a literal, and which argument it is, counted from 1. From the modules' `doc/*_admin.xml`
 * of 5.6.3 and 6.1.4.
 */
export const SECRET_ARGUMENTS: ReadonlyMap<string, number> = new Map([
  // auth: realm, password, flags
  ["pv_www_authenticate", 2],
  ["pv_proxy_authenticate", 2],
  ["pv_auth_check", 2],
  // crypto: text, key, result
  ["crypto_aes_encrypt", 2],
  ["crypto_aes_decrypt", 2],
  ["crypto_hmac_sha256", 2],
  ["crypto_hmac_sha512", 2],
  // gcrypt: text, key, result
  ["gcrypt_aes_encrypt", 2],
  ["gcrypt_aes_decrypt", 2],
  // auth_ephemeral: username, password
  ["autheph_authenticate", 2],
]);

/** RPC commands with secrets among their parameters, counted from 1 (uac: auth_password and auth_ha1). */
export const SECRET_RPC_PARAMETERS: ReadonlyMap<string, readonly number[]> = new Map([["uac.reg_add", [8, 9]]]);
