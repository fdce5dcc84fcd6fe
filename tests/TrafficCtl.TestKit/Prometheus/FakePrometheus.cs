using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using System.Web;

namespace TrafficCtl.TestKit;

/// <summary>A Prometheus that holds samples and evaluates queries of the shape that the source asks.</summary>
public sealed partial class FakePrometheus
{
    private static readonly TimeSpan LookBack = TimeSpan.FromMinutes(5);

    private readonly List<(Dictionary<string, string> Labels, List<(DateTimeOffset At, double? Value)> Samples)> series = [];

    public FakePrometheus() => Http = new ScriptedHttp(Answer);

    public ScriptedHttp Http { get; }

    /// <summary>Overrules every answer.</summary>
    public Func<string, HttpResponseMessage?> Overrule { get; set; } = _ => null;

    /// <summary>Answers to queries that are not of the built-in shape.</summary>
    public Func<string, string> Custom { get; set; } = _ => """{"status":"success","data":{"resultType":"vector","result":[]}}""";

    public IList<string> Queries { get; } = [];

    /// <summary>One scrape of one process: what it shows. A series that it showed before and does not now is stale.</summary>
    public void Scrape(DateTimeOffset at, string instance, params (string Series, double Value)[] shown)
    {
        var present = new List<List<(DateTimeOffset At, double? Value)>>();
        foreach (var (text, value) in shown)
        {
            var labels = Parse(text);
            (labels["instance"], labels["job"]) = (instance, "test");
            var found = series.FirstOrDefault(s => s.Labels.Count == labels.Count
                && labels.All(l => s.Labels.GetValueOrDefault(l.Key) == l.Value));
            if (found.Labels is null) series.Add(found = (labels, []));
            found.Samples.Add((at, value));
            present.Add(found.Samples);
        }

        foreach (var (labels, samples) in series)
            if (labels["instance"] == instance && !present.Contains(samples) && samples[^1].Value is not null) samples.Add((at, null));
    }

    private HttpResponseMessage Answer(string form)
    {
        var fields = HttpUtility.ParseQueryString(form);
        var query = fields["query"]!;
        lock (Queries) Queries.Add(query);
        if (Overrule(query) is { } other) return other;
        var at = DateTimeOffset.FromUnixTimeMilliseconds((long)(decimal.Parse(fields["time"]!, CultureInfo.InvariantCulture) * 1000));
        var shape = Shape().Match(query);
        return ScriptedHttp.Json(shape.Success ? Evaluate(shape, query, at) : Custom(query));
    }

    private string Evaluate(Match shape, string query, DateTimeOffset at)
    {
        var selector = Selector().Match(query, shape.Index);
        var metric = selector.Groups["metric"].Value;
        var matchers = Matcher().Matches(selector.Groups["matchers"].Value);
        var chosen = series
            .Where(s => metric.Length == 0 || s.Labels["__name__"] == metric)
            .Where(s => matchers.All(m => IsMatch(m, s.Labels)))
            .Select(s => (s.Labels, Sample: Newest(s.Samples, at)))
            .Where(s => s.Sample.Value is not null)
            .ToList();
        var result = new JsonArray();
        foreach (var group in chosen.GroupBy(c => Key(c.Labels, shape.Groups["by"].Value)))
            result.Add(Element(group.Key, group.Sum(c => c.Sample.Value!.Value), at));
        if (query.Contains("timestamp(", StringComparison.Ordinal))
        {
            foreach (var group in chosen.GroupBy(c => Key(c.Labels, "job, instance, namespace, pod, cluster")))
                result.Add(Element($"{group.Key}\ntrafficctl=scraped", group.Max(c => c.Sample.At).ToUnixTimeMilliseconds() / 1000.0, at));
        }

        return new JsonObject { ["status"] = "success", ["data"] = new JsonObject { ["resultType"] = "vector", ["result"] = result } }
            .ToJsonString();
    }

    private static (DateTimeOffset At, double? Value) Newest(List<(DateTimeOffset At, double? Value)> samples, DateTimeOffset at)
    {
        var newest = samples.LastOrDefault(s => s.At <= at);
        return at - newest.At < LookBack ? newest : default;
    }

    private static string Key(Dictionary<string, string> labels, string by) => string.Join(
        '\n', by.Split(", ").Where(l => labels.GetValueOrDefault(l, "").Length > 0).Select(l => $"{l}={labels[l]}"));

    private static JsonObject Element(string key, double value, DateTimeOffset at)
    {
        var metric = new JsonObject();
        foreach (var pair in key.Split('\n', StringSplitOptions.RemoveEmptyEntries))
            metric[pair[..pair.IndexOf('=')]] = pair[(pair.IndexOf('=') + 1)..];
        return new JsonObject
        {
            ["metric"] = metric,
            ["value"] = new JsonArray(at.ToUnixTimeMilliseconds() / 1000.0, value.ToString("R", CultureInfo.InvariantCulture)),
        };
    }

    private static bool IsMatch(Match matcher, Dictionary<string, string> labels)
    {
        var value = labels.GetValueOrDefault(matcher.Groups["label"].Value, "");
        var wanted = matcher.Groups["value"].Value.Replace(@"\\", @"\", StringComparison.Ordinal);
        return matcher.Groups["op"].Value switch
        {
            "=" => value == wanted,
            "!=" => value != wanted,
            _ => Regex.IsMatch(value, $"^(?:{wanted})$"),
        };
    }

    private static Dictionary<string, string> Parse(string text)
    {
        var labels = new Dictionary<string, string>(StringComparer.Ordinal) { ["__name__"] = text.Split('{')[0] };
        foreach (Match pair in Matcher().Matches(text)) labels[pair.Groups["label"].Value] = pair.Groups["value"].Value;
        return labels;
    }

    public static HttpResponseMessage Fail(HttpStatusCode code, string kind, string error) =>
        ScriptedHttp.Json($$"""{"status":"error","errorType":"{{kind}}","error":"{{error}}"}""", code);

    [GeneratedRegex(@"^sum by \((?<by>[^)]*)\) \(max without")]
    private static partial Regex Shape();

    [GeneratedRegex(@"(?<metric>[a-z_]*)\{(?<matchers>(?:[^""}]|""[^""]*"")*)\}")]
    private static partial Regex Selector();

    [GeneratedRegex(@"(?<label>\w+)(?<op>=~|!=|=)""(?<value>[^""]*)""")]
    private static partial Regex Matcher();
}
