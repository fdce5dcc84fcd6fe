using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using TrafficCtl.Adapters.Metrics.Prometheus.Presets;

namespace TrafficCtl.Adapters.Metrics.Prometheus;

/// <summary>The JSON of <c>/api/v1/query</c>, to an instant vector.</summary>
internal static class PromReader
{
    /// <exception cref="FormatException">Not an answer of the API, or not an instant vector; the message says what it is.</exception>
    public static PromAnswer Read(JsonElement body)
    {
        if (body.ValueKind != JsonValueKind.Object || Text(body, "status") is not { } status) throw new FormatException("it has no status");
        if (status != "success") throw new FormatException(ErrorOf(body) ?? $"its status is {status}");
        if (!body.TryGetProperty("data", out var data) || Text(data, "resultType") is not { } type)
            throw new FormatException("it has no data");
        if (type != "vector") throw new FormatException($"it is a {type}, not an instant vector");
        var result = data.GetProperty("result");
        var names = new Dictionary<string, string>(StringComparer.Ordinal);
        var samples = ImmutableArray.CreateBuilder<PromSample>(result.GetArrayLength());
        foreach (var series in result.EnumerateArray()) samples.Add(Sample(series, names));
        return new PromAnswer(samples.MoveToImmutable(), Warnings(body));
    }

    /// <summary>What the API says went wrong; null when it says nothing.</summary>
    public static string? ErrorOf(JsonElement body) =>
        body.ValueKind != JsonValueKind.Object || Text(body, "error") is not { } error ? null
        : Text(body, "errorType") is { } kind ? $"{kind}: {error}" : error;

    /// <summary>
    /// A number as Prometheus writes it, with <c>NaN</c>, <c>+Inf</c> and <c>-Inf</c>; also a bucket's bound, <c>500</c> or <c>500.0</c>.
    /// </summary>
    public static bool TryNumber(string? text, out double number)
    {
        number = text switch
        {
            "NaN" => double.NaN,
            "+Inf" or "Inf" => double.PositiveInfinity,
            "-Inf" => double.NegativeInfinity,
            _ => 0,
        };
        if (number != 0 || double.IsNaN(number)) return true;
        return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out number);
    }

    private static PromSample Sample(JsonElement series, Dictionary<string, string> names)
    {
        var metric = series.GetProperty("metric");
        var pairs = new KeyValuePair<string, string>[metric.GetPropertyCount()];
        var at = 0;
        foreach (var label in metric.EnumerateObject())
            pairs[at++] = new(Intern(label.Name, names), Intern(label.Value.GetString() ?? "", names));
        var labels = new PromLabels(pairs);
        if (series.TryGetProperty("histogram", out var histogram)) return new PromSample(labels, double.NaN, Histogram(histogram[1]));
        var value = series.GetProperty("value");
        return new PromSample(labels, Number(value[1]));
    }

    private static NativeHistogram Histogram(JsonElement told)
    {
        var buckets = ImmutableArray.CreateBuilder<NativeBucket>();
        if (told.TryGetProperty("buckets", out var list))
            foreach (var bucket in list.EnumerateArray())
                buckets.Add(new NativeBucket(bucket[0].GetInt32(), Number(bucket[1]), Number(bucket[2]), Number(bucket[3])));
        return new NativeHistogram(Number(told.GetProperty("count")), Number(told.GetProperty("sum")), buckets.ToImmutable());
    }

    private static double Number(JsonElement text) => TryNumber(text.GetString(), out var number)
        ? number
        : throw new FormatException($"\"{text}\" is not a number");

    private static ImmutableArray<string> Warnings(JsonElement body) =>
        body.TryGetProperty("warnings", out var warnings) && warnings.ValueKind == JsonValueKind.Array
            ? [.. warnings.EnumerateArray().Select(w => w.ToString())]
            : [];

    private static string? Text(JsonElement of, string name) =>
        of.ValueKind == JsonValueKind.Object && of.TryGetProperty(name, out var found) && found.ValueKind == JsonValueKind.String
            ? found.GetString()
            : null;

    private static string Intern(string text, Dictionary<string, string> names)
    {
        if (names.TryGetValue(text, out var held)) return held;
        names[text] = text;
        return text;
    }
}
