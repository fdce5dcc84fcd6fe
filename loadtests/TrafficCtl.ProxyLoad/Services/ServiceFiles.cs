using System.Globalization;
using System.Text;

namespace TrafficCtl.ProxyLoad.Services;

/// <summary>Delivery files of many services that share ten listeners: most have a host of their own, every tenth a path.</summary>
/// <param name="directory">Where they are written.</param>
/// <param name="count">Services.</param>
/// <param name="ports">The ports of the listeners.</param>
/// <param name="upstream">Where their versions are.</param>
internal sealed class ServiceFiles(string directory, int count, IReadOnlyList<int> ports, Upstreams upstream)
{
    public const int PerFile = 100, Listeners = 10;

    public static string NameOf(int service) => string.Create(CultureInfo.InvariantCulture, $"s{service:00000}");

    /// <summary>Where requests of a service go, and with which host.</summary>
    public (Uri Address, string Host) RequestOf(int service)
    {
        var listener = new Uri(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{ports[service % ports.Count]}/"));
        return HasPath(service) ? (new Uri(listener, NameOf(service) + "/"), "paths.example") : (listener, NameOf(service) + ".example");
    }

    /// <summary>Writes all of them.</summary>
    /// <param name="rollouts">So many services, counted from the first, list a second version.</param>
    public void Write(int rollouts)
    {
        Directory.CreateDirectory(directory);
        for (var first = 0; first < count; first += PerFile) WriteFile(first, rollouts);
    }

    /// <summary>Writes the file that begins with a service.</summary>
    public void WriteFile(int first, int rollouts)
    {
        var text = new StringBuilder();
        for (var service = first; service < Math.Min(first + PerFile, count); service++) Append(text, service, service < rollouts);
        var path = Path.Combine(directory, NameOf(first) + ".yaml");
        // Replaced in one go, so that no file is read half written.
        File.WriteAllText(path + ".new", text.ToString());
        File.Move(path + ".new", path, overwrite: true);
    }

    private static bool HasPath(int service) => service % 10 == 9;

    /// <summary>A rollout stays at half for as long as anybody measures.</summary>
    private void Append(StringBuilder text, int service, bool hasCandidate)
    {
        var name = NameOf(service);
        var match = HasPath(service) ? $"host: paths.example, path: /{name}/**" : $"host: {name}.example";
        text.Append(CultureInfo.InvariantCulture, $$"""
            ---
            service: {{name}}
            listen: http://127.0.0.1:{{ports[service % ports.Count]}}
            match: { {{match}} }
            identity: [header:x-user-id]
            versions:
              v1: [{{upstream.Of(service, 1)}}]

            """);
        if (hasCandidate) text.Append(CultureInfo.InvariantCulture, $"  v2: [{upstream.Of(service, 2)}]\n");
        text.Append("""
            stable: v1
            rollout:
              - { weights: [50, 100], hold: 1d }
            analysis:
              errors: { then: hold }
              latency: { then: hold }
            drain: { delay: 0s, max: 5s }

            """);
    }
}
