using Microsoft.Extensions.Logging;

namespace TrafficCtl.Daemon.Logging;

/// <summary>
/// What a process says of itself beside its log: what it serves, and why it refused to start. In the format of the
/// log, so that every line is of one kind.
/// </summary>
internal sealed class Announcements(LogFormat format, TextWriter output, TextWriter error, TimeProvider clock)
{
    private const string Category = "TrafficCtl";

    private readonly Printing printing = new(output);

    /// <summary>On standard output; it does not wait for a reader who has stopped reading.</summary>
    public Task SayAsync(string text) => printing.LineAsync(format == LogFormat.Json ? Line(LogLevel.Information, text) : text);

    /// <summary>On standard error.</summary>
    public void Warn(string trouble) => error.WriteLine(OfTrouble(LogLevel.Warning, trouble));

    /// <summary>On standard error.</summary>
    public Task RefuseAsync(string problem) => error.WriteLineAsync(OfTrouble(LogLevel.Critical, problem));

    private string OfTrouble(LogLevel level, string trouble) => format == LogFormat.Json ? Line(level, trouble) : $"trafficctl: {trouble}";

    private string Line(LogLevel level, string text) => JsonLine.Of(clock.GetUtcNow(), level, Category, default, text);
}
