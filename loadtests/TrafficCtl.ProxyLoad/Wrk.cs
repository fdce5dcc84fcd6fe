using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace TrafficCtl.ProxyLoad;

/// <param name="Failures">Socket errors and answers that are not 2xx or 3xx.</param>
internal sealed record Measured(
    string Contender, int Connections, int Round, long Requests, double PerSecond, double P50, double P99, double CpuPerRequest,
    long Failures);

/// <summary>Runs wrk with one thread and a script of prepared requests, so that every contender gets the same bytes.</summary>
internal static class Wrk
{
    private const int Users = 1_024;

    /// <summary>A script whose requests carry these headers in turn.</summary>
    public static string WriteScript(string directory, string name, string header, IEnumerable<string> values) =>
        Write(
            directory, name,
            values.Select(value => $$"""wrk.format("GET", "/", { ["Host"] = wrk.headers["Host"], ["{{header}}"] = "{{value}}" })"""), "");

    /// <summary>A script whose requests go to these hosts and paths in turn, each connection with a pause after every answer.</summary>
    public static string WriteScript(
        string directory, string name, string header, IEnumerable<(string Host, string Path, string Value)> requests,
        int millisecondsBetween = 0) => Write(
        directory, name,
        requests.Select(r => $$"""wrk.format("GET", "{{r.Path}}", { ["Host"] = "{{r.Host}}", ["{{header}}"] = "{{r.Value}}" })"""),
        millisecondsBetween == 0
            ? ""
            : string.Create(CultureInfo.InvariantCulture, $"function delay()\n  return {millisecondsBetween}\nend\n"));

    private static string Write(string directory, string name, IEnumerable<string> requests, string more)
    {
        var script = new StringBuilder("local prepared = {}\nlocal at = 0\nfunction init(args)\n");
        foreach (var request in requests) script.Append("  prepared[#prepared + 1] = ").Append(request).Append('\n');
        script.Append("""
            end
            function request()
              at = at % #prepared + 1
              return prepared[at]
            end
            function done(summary, latency)
              local e = summary.errors
              io.write(string.format("RESULT %d %d %d %d %d\n", summary.requests, summary.duration,
                latency:percentile(50), latency:percentile(99), e.connect + e.read + e.write + e.timeout + e.status))
            end

            """);
        var path = Path.Combine(directory, name + ".lua");
        File.WriteAllText(path, script.Append(more).ToString());
        return path;
    }

    public static IEnumerable<string> UserIds { get; } =
        [.. Enumerable.Range(0, Users).Select(i => string.Create(CultureInfo.InvariantCulture, $"user-{i:0000}"))];

    public static async Task<Measured> RunAsync(Contender contender, int connections, int seconds, int round, CancellationToken stop)
    {
        var start = new ProcessStartInfo("wrk", [
            "-t1", $"-c{connections.ToString(CultureInfo.InvariantCulture)}", $"-d{seconds.ToString(CultureInfo.InvariantCulture)}s",
            "--timeout", "5s",
            "-s", contender.Script, contender.Address.AbsoluteUri])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        var cpu = contender.Process.CpuSeconds();
        using var wrk = Process.Start(start) ?? throw new InvalidOperationException("wrk did not start");
        try
        {
            var error = wrk.StandardError.ReadToEndAsync(stop);
            var output = await wrk.StandardOutput.ReadToEndAsync(stop);
            await wrk.WaitForExitAsync(stop);
            cpu = contender.Process.CpuSeconds() - cpu;
            var line = output.Split('\n').FirstOrDefault(l => l.StartsWith("RESULT ", StringComparison.Ordinal))
                ?? throw new InvalidOperationException($"wrk said nothing of {contender.Name}: {output}{await error}");
            var fields = line.Split(' ').Skip(1).Select(f => long.Parse(f, CultureInfo.InvariantCulture)).ToArray();
            return new Measured(
                contender.Name, connections, round, fields[0], fields[0] / (fields[1] / 1e6), fields[2] / 1e3, fields[3] / 1e3,
                fields[0] > 0 ? cpu / fields[0] * 1e6 : 0, fields[4]);
        }
        finally
        {
            if (!wrk.HasExited) wrk.Kill();
        }
    }
}
