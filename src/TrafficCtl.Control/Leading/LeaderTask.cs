namespace TrafficCtl.Control.Leading;

/// <summary>What the leader does beside the control loop, until its token ends. A task that ends before has failed.</summary>
public sealed record LeaderTask(Func<CancellationToken, Task> RunAsync);
