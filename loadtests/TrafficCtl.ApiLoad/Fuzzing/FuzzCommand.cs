using TrafficCtl.ApiLoad.Serving;

namespace TrafficCtl.ApiLoad.Fuzzing;

/// <summary><c>loadtests/fuzz</c>: a daemon, so many inputs of each protocol, and what became of both.</summary>
internal static class FuzzCommand
{
    private const double MiB = 1024 * 1024;

    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(30);

    public static async Task<int> RunAsync(Dictionary<string, string> options)
    {
        var (seed, inputs) = (options.Number("seed", 1), options.Number("inputs", 200_000));
        var protocol = options.GetValueOrDefault("protocol", "both");
        await using var daemon = await ChildDaemon.StartAsync();
        var run = new FuzzRun(daemon.Admin, daemon.Tokens[0], seed, Bound);
        // The first inputs make what stays: code that is compiled, pools that are filled.
        await run.HttpAsync(2000);
        await run.MessagesAsync(2000);
        await run.FramesAsync(2000);
        var before = await daemon.MemoryAsync();
        var reports = new List<FuzzReport>();
        if (protocol is "both" or "http") reports.Add(await run.HttpAsync(inputs));
        if (protocol is "both" or "grpc")
        {
            reports.Add(await run.MessagesAsync(inputs / 2));
            reports.Add(await run.FramesAsync(inputs - (inputs / 2)));
        }

        foreach (var report in reports) Console.WriteLine(report);
        var isAlive = daemon.IsAlive && await AnswersAsync(daemon);
        if (isAlive)
        {
            var after = await daemon.MemoryAsync();
            Console.WriteLine(
                $"memory: resident {before.Resident / MiB:0.0} MiB before, {after.Resident / MiB:0.0} MiB after; "
                + $"live {before.Live / MiB:0.0} MiB before, {after.Live / MiB:0.0} MiB after");
        }

        string[] wrong =
        [
            .. daemon.Faults.Select(static line => $"logged: {line}"), .. reports.SelectMany(static r => r.Bad),
            .. isAlive ? (string[])[] : ["the daemon crashed or does not answer"],
        ];
        // Without their times many lines are the same.
        foreach (var line in wrong.DistinctBy(static line => line[Math.Min(line.Length, 60)..Math.Min(line.Length, 140)]).Take(20))
            Console.WriteLine($"BAD {line}");
        Console.WriteLine(
            $"seed {seed}: {(wrong.Length == 0 ? "no crash, no hang, no fault of the server" : $"NOT held: {wrong.Length} faults")}");
        return wrong.Length == 0 ? 0 : 1;
    }

    private static async Task<bool> AnswersAsync(ChildDaemon daemon)
    {
        using var client = new HttpClient { BaseAddress = daemon.Admin, Timeout = Bound };
        try
        {
            return (await client.GetAsync(new Uri("/readyz", UriKind.Relative))).IsSuccessStatusCode;
        }
        catch (Exception fault) when (fault is HttpRequestException or OperationCanceledException)
        {
            return false;
        }
    }
}
