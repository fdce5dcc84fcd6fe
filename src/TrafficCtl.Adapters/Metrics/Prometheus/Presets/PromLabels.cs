namespace TrafficCtl.Adapters.Metrics.Prometheus.Presets;

/// <summary>A series' labels: few, so they are looked through.</summary>
internal readonly struct PromLabels(KeyValuePair<string, string>[] pairs)
{
    private readonly KeyValuePair<string, string>[]? pairs = pairs;

    /// <summary>Empty for a label that it does not have, as Prometheus has it.</summary>
    public string this[string name]
    {
        get
        {
            foreach (var (key, value) in pairs ?? [])
                if (key == name) return value;
            return "";
        }
    }

    /// <summary>In the order of the answer.</summary>
    public ReadOnlySpan<KeyValuePair<string, string>> All => pairs;
}
