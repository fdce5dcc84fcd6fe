using TrafficCtl.V1;

namespace TrafficCtl.Cli.Demo.Pipelines;

/// <summary>A part of the story: something is done, and the pipeline is watched until it has answered.</summary>
/// <param name="Name">One word, for the summary.</param>
/// <param name="Told">What is done and what follows, in a sentence.</param>
/// <param name="DoAsync">Does it.</param>
/// <param name="Awaited">What it still waits for; null when the pipeline has answered.</param>
internal sealed record StoryAct(string Name, string Told, Func<CancellationToken, Task> DoAsync, Func<PipelineStatus, string?> Awaited);
