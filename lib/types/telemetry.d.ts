// Who is told of calls: see docs/telemetry.md.

/** A registry of `prom-client`, as far as it is used. */
export interface PrometheusRegistry {
  registerMetric(metric: any): void;
  getSingleMetric(name: string): any;
}

export interface PrometheusOptions {
  /** Where the metrics are registered. Without one, they are served at an endpoint of their own. */
  registry?: PrometheusRegistry | undefined;
  /** Of the endpoint. Default 9464. */
  port?: number | undefined;
  /** Of the endpoint. Default `'127.0.0.1'`. */
  host?: string | undefined;
  /** Of the endpoint. Default `'/metrics'`. */
  path?: string | undefined;
  /** What names of metrics begin with. Default `'bedrock_'`. */
  prefix?: string | undefined;
}

export interface OpenTelemetryOptions {
  /** Default: the global one of `@opentelemetry/api`. */
  tracerProvider?: object | undefined;
  /** Default: the global one of `@opentelemetry/api`. */
  meterProvider?: object | undefined;
  /** The exports of `@opentelemetry/api`. Default: the package that is installed. */
  api?: object | undefined;
}

export interface TelemetryOptions {
  /** Spans and metrics by OpenTelemetry's conventions for generative AI. Default `false`. */
  openTelemetry?: boolean | OpenTelemetryOptions | undefined;
  /** Metrics for Prometheus; `true`: at `http://127.0.0.1:9464/metrics`. Default `false`. */
  prometheus?: boolean | PrometheusOptions | undefined;
}
