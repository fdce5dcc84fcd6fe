using System.Globalization;
using System.Net;
using System.Net.Sockets;
using TrafficCtl.Cli.Demo.Load;
using TrafficCtl.Cli.Demo.Upstreams;

namespace TrafficCtl.Cli.Demo.Pipelines;

/// <summary>The delivery file of the demonstrated pipeline, and the releases that it watches.</summary>
/// <param name="home">The directory of the demonstration.</param>
internal sealed class PipelineFiles(string home)
{
    public const string Service = "shop";

    private string Releases => Path.Combine(home, "releases");

    public string Delivery => Path.Combine(home, "shop.yaml");

    /// <summary>As a person would write it, but for its short times.</summary>
    /// <param name="pace">Its times.</param>
    /// <param name="ports">Of test, staging, and the two targets of prod.</param>
    public static string Text(PipelinePace pace, int[] ports) =>
        $$"""
        service: {{Service}}
        artifact: ./releases/{version}/shop
        runtime: { process: { command: "{artifact} {port}", health: /healthz } }
        identity: [header:x-user-id]
        analysis:
          tick: 1s
          warm-up: { errors: 1s, latency: 1s }
          errors: { worse-by: 10pp, then: rollback }
          latency: { worse-by: 300%, then: hold }
          at-least: { requests: 50 }
        drain: { delay: 0s, max: 2s }
        environments:
          test:
            listen: http://127.0.0.1:{{ports[0]}}
            verify: [{ http: "{entrance}/cart" }]
            watch: {{Time(pace.Watch)}}
          staging:
            listen: http://127.0.0.1:{{ports[1]}}
            rollout: [{ weights: [25, 50, 100], hold: {{Time(pace.Hold)}} }]
            holdback: 0s
            watch: {{Time(pace.Watch)}}
          prod:
            targets: { listen: { eu: "http://127.0.0.1:{{ports[2]}}", us: "http://127.0.0.1:{{ports[3]}}" }, tolerate: 1 }
            needs: [{ approve: { by: approver, expires: 1h } }]
            rollout: [{ weights: [10, 50, 100], hold: {{Time(pace.Hold)}} }]
            holdback: 0s
            watch: {{Time(pace.Watch)}}

        """;

    public async Task WriteAsync(PipelinePace pace, CancellationToken stop)
    {
        Directory.CreateDirectory(Releases);
        await File.WriteAllTextAsync(Delivery, Text(pace, FreePorts(4)), stop);
    }

    /// <summary>A release appears whole: it is written beside and moved into its place.</summary>
    public async Task ReleaseAsync(string version, double errors, bool isBroken, CancellationToken stop)
    {
        var staged = Directory.CreateDirectory(Path.Combine(home, $".{version}")).FullName;
        var program = Path.Combine(staged, "shop");
        var words = Child.Words(
            VersionProcess.Name, version, "PORT", errors.ToString(CultureInfo.InvariantCulture),
            isBroken ? VersionProcess.Broken : VersionProcess.Whole);
        var command = string.Join(' ', words.Select(static w => w == "PORT" ? "\"$1\"" : Quoted(w)));
        await File.WriteAllTextAsync(program, $"#!/bin/sh\nexec {command}\n", stop);
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(program, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        Directory.Move(staged, Path.Combine(Releases, version));
    }

    /// <summary>Ports of this machine that nobody listens on now: a verification asks the address that the file names.</summary>
    private static int[] FreePorts(int count)
    {
        var listeners = Enumerable.Range(0, count).Select(static _ => new TcpListener(IPAddress.Loopback, 0)).ToArray();
        foreach (var listener in listeners) listener.Start();
        int[] ports = [.. listeners.Select(static l => ((IPEndPoint)l.LocalEndpoint).Port)];
        foreach (var listener in listeners) listener.Dispose();
        return ports;
    }

    private static string Quoted(string word) => $"'{word.Replace("'", "'\\''", StringComparison.Ordinal)}'";

    private static string Time(TimeSpan span) => $"{(int)span.TotalSeconds}s";
}
