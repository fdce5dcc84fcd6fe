using TrafficCtl.Cli.Demo.Story;

namespace TrafficCtl.Cli.Demo;

/// <summary>The delivery file of the demonstration, as a person would write it.</summary>
internal static class DemoFile
{
    public const string Service = "demo";
    public const string Candidate = "v2";

    /// <summary>Without v2's address the file names v1 alone.</summary>
    public static string Text(Profile profile, Uri v1, Uri? v2) =>
        $$"""
        service: {{Service}}
        listen: http://127.0.0.1:0
        identity: [header:x-user-id]
        versions:
          v1: [{{v1.GetLeftPart(UriPartial.Authority)}}]
        {{(v2 is null ? "" : $"  {Candidate}: [{v2.GetLeftPart(UriPartial.Authority)}]")}}
        stable: v1
        rollout: [{ weights: [5, 10, 25, 50, 100], hold: {{Time(profile.Times.Dwell)}} }]
        holdback: {{Time(profile.Times.Holdback)}}
        watch: {{Time(profile.Times.Watch)}}
        analysis:
          tick: {{Time(profile.Times.Tick)}}
          warm-up: { errors: {{Time(profile.Times.ErrorWarmUp)}}, latency: {{Time(profile.Times.LatencyWarmUp)}} }
          if-unsure: { hold: {{Time(profile.Times.UnsureHold)}}, then: pause }
        health: { path: /healthz, every: 1s }
        drain: { delay: 0s, max: 2s }

        """;

    /// <summary>The pace is measured on both upstreams as one version.</summary>
    public static string PaceText(Uri v1, Uri v2) =>
        $$"""
        service: {{Service}}
        listen: http://127.0.0.1:0
        identity: [header:x-user-id]
        versions:
          v1: [{{v1.GetLeftPart(UriPartial.Authority)}}, {{v2.GetLeftPart(UriPartial.Authority)}}]
        stable: v1
        health: { path: /healthz, every: 1s }
        drain: { delay: 0s, max: 5s }

        """;

    /// <summary>Replaced in one move, so that no reader sees half a file.</summary>
    public static async Task WriteAsync(string path, string text, CancellationToken stop)
    {
        await File.WriteAllTextAsync(path + ".new", text, stop);
        File.Move(path + ".new", path, overwrite: true);
    }

    private static string Time(TimeSpan span) => $"{(int)span.TotalSeconds}s";
}
