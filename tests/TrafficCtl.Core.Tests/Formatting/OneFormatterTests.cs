using System.Text.RegularExpressions;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Core.Tests.Formatting;

/// <summary>A duration, share or number that a person reads is formatted in <c>Core/Formatting</c> and nowhere else.</summary>
public partial class OneFormatterTests
{
    /// <summary>What looks like such a text and is read by machines or is a file's own syntax.</summary>
    private static readonly (string File, string Line)[] Others =
    [
        ("Cli/Demo/DemoFile.cs", "span.TotalSeconds}s"), // the delivery file's syntax
        ("Cli/Demo/DemoFollower.cs", "incident {"), // an order to a child process
        ("Cli/Demo/Views/DemoScreen.cs", ",5:0} s"), // a column of seconds
        ("Cli/Demo/Views/DemoLines.cs", ",6:0.0} s"), // a column of seconds
        ("Cli/Demo/Upstreams/UpstreamProcess.cs", "Headers[Drawn]"), // a header for the load
        ("Cli/Demo/Upstreams/VersionProcess.cs", "Headers[UpstreamProcess.Drawn]"), // a header for the load
        ("Cli/Demo/Pipelines/PipelineFiles.cs", "span.TotalSeconds}s"), // the delivery file's syntax
        ("Cli/Demo/Pipelines/PipelineDemoScreen.cs", ",5:0} s"), // a column of seconds
        ("Cli/Demo/Pipelines/PipelineDemoLines.cs", ",6:0.0} s"), // a column of seconds
        ("Adapters/Metrics/Prometheus/PrometheusClient.cs", ":0}ms"), // Prometheus' syntax
        ("Kubernetes/Client/KubeWatchLines.cs", ".TotalSeconds"), // a query of the API server
        ("Daemon/Config/Schema/Durations.cs", ""), // the delivery file's syntax
        ("Adapters/Storage/Sqlite/SqliteSession.cs", "PRAGMA busy_timeout"), // SQL
        ("Proxy/Upstreams/UpstreamSettings.cs", "[ConnectKey]"), // YARP's metadata
        ("Proxy/Identity/BucketCookie.cs", ""), // a header of HTTP
        ("Cli/Simulating/RunProgress.cs", ",3} %"), // a column of progress
        ("Simulator/Reports/", ""), // labels of axes
    ];

    [Fact]
    public void No_other_source_formats_a_duration_or_a_share()
    {
        var found = Sources().SelectMany(static source => source.Lines.Select((line, at) => (source.Name, Line: line, At: at + 1)))
            .Where(static one => IsFormatted(one.Line) && !IsOther(one.Name, one.Line))
            .Select(static one => $"{one.Name}:{one.At}: {one.Line.Trim()}");
        Assert.True(!found.Any(), "use DurationText, NumberText or InstantText:\n" + string.Join('\n', found));
    }

    /// <summary>It would print as 00:01:30.</summary>
    [Fact]
    public void No_TimeSpan_stands_in_a_text_as_it_is()
    {
        var found = Sources().SelectMany(static source =>
        {
            var spans = source.Lines
                .SelectMany(static line => TimeSpanName().Matches(line))
                .Select(static match => match.Groups[1].Value)
                .ToHashSet(StringComparer.Ordinal);
            return source.Lines.Select((line, at) => (Text: $"{source.Name}:{at + 1}: {line.Trim()}", Line: line))
                .Where(one => !one.Line.Contains("Message = ", StringComparison.Ordinal)
                    && !IsOther(source.Name, one.Line)
                    && BareHole().Matches(one.Line).Any(hole => spans.Contains(hole.Groups[1].Value)))
                .Select(static one => one.Text);
        });
        Assert.True(!found.Any(), "use DurationText:\n" + string.Join('\n', found));
    }

    [Fact]
    public void Every_exception_is_still_needed() => Assert.DoesNotContain(
        Others, static other => !Sources().Any(source => source.Name.StartsWith(other.File, StringComparison.Ordinal)
            && source.Lines.Any(line => line.Contains(other.Line, StringComparison.Ordinal)
                && (other.Line.Length == 0 || IsFormatted(line)))));

    [Theory]
    [InlineData("""$"{span.TotalMinutes} min" """)]
    [InlineData("""$"after {Math.Floor(span.TotalSeconds):0}" """)]
    [InlineData("""time.TotalHours.ToString("0.#", Plain)""")]
    [InlineData("""Message = "it closes in {Delay} s")]""")]
    [InlineData("""$"{seconds:0.#} s more" """)]
    [InlineData("""$"{left} minutes" """)]
    [InlineData("private partial void LogLate(TimeSpan after);")]
    [InlineData("""$"{share * 100:0.##} %" """)]
    [InlineData("""(ratio * 100).ToString("0.00", Plain) + " %" """)]
    [InlineData("""at.ToString("yyyy-MM-dd HH:mm:ss'Z'", Plain)""")]
    public void The_search_finds(string line) => Assert.True(IsFormatted(line));

    private static bool IsOther(string file, string line) =>
        Others.Any(o => file.StartsWith(o.File, StringComparison.Ordinal) && line.Contains(o.Line, StringComparison.Ordinal));

    private static bool IsFormatted(string line) =>
        !line.TrimStart().StartsWith("//", StringComparison.Ordinal)
        && (TotalInText().IsMatch(line) || TotalAsText().IsMatch(line) || UnitAfterHole().IsMatch(line)
            || PercentAfterFormat().IsMatch(line) || Instant().IsMatch(line) || LoggedTimeSpan().IsMatch(line));

    private static IEnumerable<(string Name, string[] Lines)> Sources()
    {
        var src = Path.Combine(Repository.Root, "src");
        foreach (var file in Directory.EnumerateFiles(src, "*.cs", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
        {
            var name = Path.GetRelativePath(src, file).Replace('\\', '/').Replace("TrafficCtl.", "", StringComparison.Ordinal);
            if (name.StartsWith("Core/Formatting/", StringComparison.Ordinal) || name.Contains("/obj/", StringComparison.Ordinal)) continue;
            yield return (name, File.ReadAllLines(file));
        }
    }

    [GeneratedRegex(@"\{[^{}""]*\.Total(?:Days|Hours|Minutes|Seconds|Milliseconds|Microseconds)\b[^{}""]*\}")]
    private static partial Regex TotalInText();

    [GeneratedRegex(@"\.Total(?:Days|Hours|Minutes|Seconds|Milliseconds|Microseconds)\)?\.ToString\(")]
    private static partial Regex TotalAsText();

    /// <summary>A hole of a string that is followed by a unit of time, where the hole is no call that formats the unit itself.</summary>
    [GeneratedRegex(@"\{[^{}""]*[\w)][^{}""]*\} ?(?:us|µs|ms|s|min|h|d|seconds?|minutes?|hours?|days?)(?![\w(])[^']*""")]
    private static partial Regex UnitAfterHole();

    [GeneratedRegex(@":0[.0#]*\} ?%|""[#,]*0[.0#]*""[^""]*\) ?\+ ?"" ?%|\* 100[^}]*\} ?%")]
    private static partial Regex PercentAfterFormat();

    [GeneratedRegex(@"\bTimeSpan\??\s+(\w+)\s*(?:[,;)={]|=>)")]
    private static partial Regex TimeSpanName();

    [GeneratedRegex(@"(?<!\{)\{(?:[\w.]+\.)?(\w+)\}")]
    private static partial Regex BareHole();

    /// <summary>A log message prints it as 00:01:30.</summary>
    [GeneratedRegex(@"\bpartial void \w+\(.*\bTimeSpan\b")]
    private static partial Regex LoggedTimeSpan();

    [GeneratedRegex(@"yyyy-MM-dd HH:mm:ss'Z'")]
    private static partial Regex Instant();
}
