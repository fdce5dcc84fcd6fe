namespace TrafficCtl.Daemon.Config.Reporting;

/// <summary>Where a field's value comes from.</summary>
/// <param name="File">Null when nobody wrote it and the default holds.</param>
public readonly record struct Origin(string? File, int Line)
{
    public static readonly Origin Default;

    public override string ToString() => File is null ? "default" : $"{File}:{Line}";
}

/// <summary>One value in force, in the words of the delivery file.</summary>
/// <param name="Path">The field, such as <c>timeouts.connect</c>.</param>
public sealed record EffectiveValue(string Path, string Text, Origin Origin);
