using System.Globalization;

namespace TrafficCtl.Cli.Demo.Load;

/// <summary>The hidden command <c>demo-load USERS</c>: an open-loop load until stdin closes, a report each half second.</summary>
/// <remarks>
/// Orders, a line each: <c>begin URL RATE</c> starts a phase, whose counts begin at zero; <c>end</c> sends nothing more.
/// What an earlier phase still has in flight is counted there, not in the next one.
/// </remarks>
internal static class LoadProcess
{
    public const string Name = "demo-load";
    public const string EndOrder = "end";

    private static readonly TimeSpan Beat = TimeSpan.FromMilliseconds(2);
    private static readonly TimeSpan ReportEvery = TimeSpan.FromMilliseconds(500);

    public static string BeginOrder(Uri target, double rate) => string.Create(CultureInfo.InvariantCulture, $"begin {target} {rate}");

    public static async Task<int> RunAsync(string[] arguments, TimeProvider clock, TextReader orders, TextWriter output)
    {
        var users = int.Parse(arguments[0], CultureInfo.InvariantCulture);
        using var client = UserLoad.Client();
        Phase? phase = null;
        var closed = Task.Run(async () =>
        {
            while (await orders.ReadLineAsync() is { } order)
            {
                var next = order.Split(' ') is ["begin", var url, var rate]
                    ? new Phase(new UserLoad(client, new Uri(url), users, clock), new Arrivals(Number(rate)), clock.GetTimestamp())
                    : null;
                Volatile.Write(ref phase, next);
            }
        });
        var reported = clock.GetTimestamp();
        using var beat = new PeriodicTimer(Beat, clock);
        LoadReport? last = null;
        while (!closed.IsCompleted && await beat.WaitForNextTickAsync())
        {
            var now = Volatile.Read(ref phase);
            now?.Load.SendUpTo(now.Arrivals.DueAt(clock.GetElapsedTime(now.Began)));
            if (now is null || clock.GetElapsedTime(reported) < ReportEvery) continue;
            reported = clock.GetTimestamp();
            last = now.Load.Report();
            await SayAsync(output, last);
        }

        await SayAsync(output, Volatile.Read(ref phase)?.Load.Report() ?? last ?? LoadReport.Nothing);
        return 0;
    }

    private static async Task SayAsync(TextWriter output, LoadReport report)
    {
        await output.WriteLineAsync(report.ToJson());
        await output.FlushAsync();
    }

    private static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);

    private sealed record Phase(UserLoad Load, Arrivals Arrivals, long Began);
}
