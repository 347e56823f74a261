// The stream that a page's player has loaded anyway: handed to the program, so that it need not ask for it.

/** Masters first: they name everything else. */
const KINDS: readonly RegExp[] = [/\/master\.(?:m3u8|panobf2)$/i, /\.(?:m3u8|panobf2|mpd)$/i, /\.(?:mp4|panobf1)$/i];
/** As much as the program takes of an address. */
const LONGEST_URL = 8192;

/** The likeliest of the addresses that a page has loaded, the last of its kind; undefined where none is a stream's. */
export function streamAmong(addresses: readonly string[]): string | undefined {
  const urls = addresses.filter((address) => address.length <= LONGEST_URL && URL.canParse(address)).map((address) => new URL(address)).filter(({ protocol }) => protocol === "https:");
  for (const kind of KINDS) {
    const found = urls.findLast(({ pathname }) => kind.test(pathname));
    if (found) return found.href;
  }
  return undefined;
}
