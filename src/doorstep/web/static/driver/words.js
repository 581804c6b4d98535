// Words: what the codes of the driver's doors are called on the phone.

const REASONS = {
  "recipient.not_home": "Nobody at home",
  "recipient.refused": "Refused",
  "recipient.business_closed": "Business closed",
  "recipient.wrong_pin_or_id": "Wrong PIN or ID",
  "recipient.underage": "Too young",
  "recipient.rescheduled": "Wants another day",
  "recipient.cancelled": "Does not want it any more",
  "recipient.access_denied": "No way in",
  "recipient.no_safe_place": "No safe place",
  "recipient.payment_due": "Will not pay",
  "address.not_found": "Address not found",
  "address.incomplete": "Address incomplete",
  "address.out_of_area": "Not in our area",
  "carrier.damaged": "Parcel is damaged",
  "carrier.out_of_time": "Out of time",
  "merchant.label_error": "Wrong label",
  "world.road_closed": "Road closed",
};

export const METHODS = {
  to_recipient: "To the recipient",
  to_neighbour: "To a neighbour",
  left_at_place: "Left at the place",
};

export const PROOFS = {
  scan: "scan",
  place: "place",
  photo: "photo",
  signature: "signature",
  pin: "PIN",
  age_check: "age check",
  contact: "contact",
};

const HANDLING = {
  age_check: "Check the age",
  high_value: "High value",
  cold: "Keep cold",
  fragile: "Fragile",
  signature: "Signature",
  photo: "Photo",
  pin: "PIN",
};

const plain = (code) => {
  const words = code.replace(/^[a-z]+\./, "").replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
};

export const reasonWords = (code) => REASONS[code] ?? plain(code);
export const handlingWords = (code) => HANDLING[code] ?? plain(code);
export const proofWords = (kinds) => kinds.map((kind) => PROOFS[kind] ?? plain(kind)).join(", ");

/** The end of a parcel's code, which people read and type. */
export const tail = (parcel) => parcel.slice(-6).toUpperCase();

/** The link that opens the phone's own map; nothing of ours asks anybody else. */
export const geoLink = (stop) => `geo:${stop.lat},${stop.lon}?q=${stop.lat},${stop.lon}`;
