using System.Globalization;
using System.Text.Json.Nodes;
using TrafficCtl.Kubernetes.Mesh.Json;

namespace TrafficCtl.Kubernetes.Mesh.Smi;

/// <summary>A resource.Quantity, or the plain number of the later versions.</summary>
internal static class Quantity
{
    private static readonly (string Suffix, decimal Factor)[] Suffixes =
    [
        ("Ki", 1024m), ("Mi", 1024m * 1024m), ("Gi", 1024m * 1024m * 1024m),
        ("n", 1e-9m), ("u", 1e-6m), ("m", 1e-3m), ("k", 1e3m), ("M", 1e6m), ("G", 1e9m),
    ];

    /// <summary>Null when it is none, or is negative.</summary>
    public static decimal? Read(JsonNode? node)
    {
        if (JsonRead.Number(node) is { } number) return number >= 0 ? number : null;
        if (JsonRead.Text(node) is not { } text) return null;
        var factor = 1m;
        foreach (var (suffix, by) in Suffixes)
        {
            if (!text.EndsWith(suffix, StringComparison.Ordinal)) continue;
            (text, factor) = (text[..^suffix.Length], by);
            break;
        }

        return decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && value is >= 0 and <= 1e12m
            ? value * factor
            : null;
    }
}
