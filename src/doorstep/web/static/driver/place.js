// Place: where the phone is. In a simulated market nobody stands anywhere, so the phone says the place of the stop.

import { stepKey, tell } from "./api.js";
import { marketClock } from "./clock.js";

const WAIT_MS = 15_000;
const REPORT_MS = 30_000;

/** Where the phone is now; null where it cannot say. */
export function here(stop, isSimulated) {
  if (isSimulated) return Promise.resolve({ lat: stop.lat, lon: stop.lon, accuracy_m: 5 });
  if (!navigator.geolocation || !isSecureContext) return Promise.resolve(null);
  return new Promise((found) => {
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => found({ lat: coords.latitude, lon: coords.longitude, accuracy_m: coords.accuracy }),
      () => found(null),
      { enableHighAccuracy: true, timeout: WAIT_MS, maximumAge: 5_000 },
    );
  });
}

/** Tell where the van is. Nobody waits for it, and the next position makes up for one that was lost. */
export function report(vehicle, place) {
  const { lat, lon } = place;
  tell("/v1/driver/positions", { vehicle, at: marketClock.stamp(), lat, lon }, stepKey()).catch(() => {});
}

/** Tell where the van is as long as the page is open. */
export function follow(vehicleNow) {
  if (!navigator.geolocation || !isSecureContext) return;
  let last = -REPORT_MS;
  navigator.geolocation.watchPosition(({ coords }) => {
    const vehicle = vehicleNow();
    if (!vehicle || performance.now() - last < REPORT_MS) return;
    last = performance.now();
    report(vehicle, { lat: coords.latitude, lon: coords.longitude });
  }, () => {}, { enableHighAccuracy: true });
}
