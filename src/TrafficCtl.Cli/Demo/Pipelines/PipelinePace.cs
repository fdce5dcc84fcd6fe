namespace TrafficCtl.Cli.Demo.Pipelines;

/// <summary>The times and the traffic of one demonstration.</summary>
/// <param name="Hold">The least time of a step.</param>
/// <param name="Watch">After 100 %.</param>
/// <param name="Rate">Requests per second of each environment that has users.</param>
internal sealed record PipelinePace(TimeSpan Hold, TimeSpan Watch, int Rate)
{
    public const int Users = 5000;

    /// <summary>An act that takes longer is over: on a machine with other work everything takes its time.</summary>
    public static readonly TimeSpan MostOfAnAct = TimeSpan.FromMinutes(3);

    public static PipelinePace Of(bool isFast) => isFast
        ? new(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1), 100)
        : new(TimeSpan.FromSeconds(15), TimeSpan.FromSeconds(15), 100);
}
