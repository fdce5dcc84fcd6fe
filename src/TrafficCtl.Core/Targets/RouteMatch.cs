namespace TrafficCtl.Core.Targets;

/// <param name="Host">A host name, with an optional leading <c>*.</c>; null for any.</param>
/// <param name="Path">A path such as <c>/checkout/**</c> or <c>/exact</c>; null for any.</param>
public sealed record RouteMatch(string? Host, string? Path)
{
    public static readonly RouteMatch Everything = new(null, null);
}
