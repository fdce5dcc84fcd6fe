namespace TrafficCtl.Core.Rollouts;

/// <summary>The instant of a decision by two clocks, which must not be mixed: one can be set, the other only goes on.</summary>
/// <param name="At">
/// The time of day: for records, for windows of time and freezes, and beside the times of measurements. A step of the clock moves it.
/// </param>
/// <param name="Elapsed">
/// How long the rollout has been under control, by the monotonic clock; never negative, never falls. Dwell, holdback, watch and
/// deadlines are measured by it. Neither a step of the clock nor time in which no process was in control moves it.
/// </param>
public readonly record struct Moment(DateTimeOffset At, TimeSpan Elapsed);
