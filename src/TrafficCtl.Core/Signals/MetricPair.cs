namespace TrafficCtl.Core.Signals;

/// <summary>A custom metric of both arms over one window, each a mean per unit of work; NaN is no reading.</summary>
public readonly record struct MetricPair(double Stable, double Candidate);
