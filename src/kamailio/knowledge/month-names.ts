/** The names of the months that `date` prints (abbreviated and full), lower case without the dot, by glibc's locales. */
const NAMES: readonly (readonly string[])[] = [
  "jan january januar jän jänner janv janvier ene enero gen gennaio janeiro januari sty stycznia янв января led ledna oca ocak tammi ian ianuarie sty január jan. ιαν січ",
  "feb february februar febr feber fév févr février febrero febbraio fev fevereiro februari lut lutego фев февр февраля úno února şub şubat helmi februarie február φεβ лют",
  "mar march märz mär mrz maart mrt mars marzo março marca мар марта bře března maalis martie március márc μαρ бер",
  "apr april avr avril abr abril aprile kwi kwietnia апр апреля dub dubna nis nisan huhti aprilie április ápr απρ кві",
  "may mai mei maj mayo mag maggio maio maja мая май kvě května mayıs touko május máj μαϊ тра",
  "jun june juni juin junio giu giugno junho cze czerwca июн июня čen června haz haziran kesä iunie június jún ιουν чер",
  "jul july juli juil juillet julio lug luglio julho lip lipca июл июля čec července tem temmuz heinä iulie július júl ιουλ лип",
  "aug august août aou ago agosto agt augusti augustus sie sierpnia авг августа srp srpna ağu ağustos elo augusztus αυγ сер",
  "sep sept september septembre septiembre set settembre setembro wrz września сен сент сентября zář září eyl eylül syys septembrie szeptember szept σεπ вер",
  "oct october okt oktober octobre octubre ott ottobre out outubro paź października окт октября říj října eki ekim loka octombrie október οκτ жов",
  "nov november novembre noviembre novembro lis listopada ноя нояб ноября listopadu kas kasım marras noiembrie νοε лис",
  "dec december dez dezember déc décembre dic diciembre dicembre dezembro gru grudnia дек декабря pro prosince ara aralık joulu decembrie δεκ гру",
].map((names) => names.split(" "));

/** Name -> 1..12. A name that two months share is Polish or Czech "lis", which `date` prints for November only. */
export const MONTHS: ReadonlyMap<string, number> = new Map(
  NAMES.flatMap((names, month) => names.map((name) => [name, month + 1] as const)),
);
