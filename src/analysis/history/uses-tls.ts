/** Is a TLS module among those that are loaded (tls, tlsa, tls_wolfssl; by name, file or path)? `null`: the modules are not known. */
export function usesTls(modules: readonly string[] | null): boolean | null {
  return modules === null ? null : modules.some((module) => /(?:^|\/)tls(?:a|_wolfssl)?(?:\.so)?$/.test(module));
}
