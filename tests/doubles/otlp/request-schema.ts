/**
 * A metrics request of OTLP/HTTP in its JSON form, as JSON Schema: names in lowerCamelCase, 64-bit whole numbers as texts,
 * enumerations as numbers, and nothing that the protocol does not name. Of the protocol's kinds of data only those that we send.
 * https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding
 * https://github.com/open-telemetry/opentelemetry-proto/blob/v1.5.0/opentelemetry/proto/metrics/v1/metrics.proto
 */
const object = (properties: object, required: readonly string[] = Object.keys(properties)): object => ({
  type: "object",
  additionalProperties: false,
  properties,
  required,
});

const listOf = (items: object): object => ({ type: "array", minItems: 1, items });

const attributes = {
  type: "array",
  items: object({
    key: { type: "string", minLength: 1 },
    value: object({ stringValue: { type: "string" } }),
  }),
};
/** fixed64, Unix nanoseconds. */
const time = { type: "string", pattern: "^[1-9]\\d{18}$" };
/** fixed64. */
const count = { type: "string", pattern: "^\\d+$" };
const number = { type: "number" };
const point = { attributes, startTimeUnixNano: time, timeUnixNano: time };
const numberPoint = object({ ...point, asDouble: number });
const histogramPoint = object({
  ...point,
  count,
  sum: number,
  min: number,
  max: number,
  explicitBounds: listOf(number),
  bucketCounts: listOf(count),
});
/** AGGREGATION_TEMPORALITY_DELTA or _CUMULATIVE. */
const aggregationTemporality = { enum: [1, 2] };
const ABOUT = { name: { type: "string", minLength: 1 }, unit: { type: "string" } };
const metric = {
  oneOf: [
    object({ ...ABOUT, gauge: object({ dataPoints: listOf(numberPoint) }) }),
    object({
      ...ABOUT,
      sum: object({
        dataPoints: listOf(numberPoint),
        aggregationTemporality,
        isMonotonic: { type: "boolean" },
      }),
    }),
    object({ ...ABOUT, histogram: object({ dataPoints: listOf(histogramPoint), aggregationTemporality }) }),
  ],
};

/** See above. */
export const METRICS_REQUEST = object({
  resourceMetrics: listOf(
    object({
      resource: object({ attributes }),
      scopeMetrics: listOf(object({ scope: object({ name: { type: "string" } }), metrics: listOf(metric) })),
    }),
  ),
});
