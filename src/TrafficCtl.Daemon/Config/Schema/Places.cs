namespace TrafficCtl.Daemon.Config.Schema;

/// <summary>Where a key of the file belongs that was written in another place.</summary>
internal static class Places
{
    /// <summary>
    /// The first place of exactly this key below the top, else at the top, as YAML from the top; null when there is none.
    /// </summary>
    public static string? Of(string key, SectionShape file)
    {
        foreach (var top in file.Keys)
        {
            var (section, isItem) = top.Shape switch
            {
                SectionShape direct => (direct, false),
                ListShape { Item: SectionShape item } => (item, true),
                _ => (null, false),
            };
            if (section?.Keys.FirstOrDefault(k => k.Name == key) is not { } found
                || (found.Default ?? found.Shape.Example) is not { } example)
                continue;
            var inner = section.Example is { } whole
                && !whole.Contains($"{key}: ", StringComparison.Ordinal)
                && (isItem || section.Keys.Any(static k => k.IsRequired))
                ? $"{whole[..^2]}, {key}: {example} }}"
                : section.Example is { } own && own.Contains($"{key}: ", StringComparison.Ordinal) ? own : $"{{ {found.Name}: {example} }}";
            return isItem ? $"{top.Name}: [{inner}]" : $"{top.Name}: {inner}";
        }

        return file.Keys.FirstOrDefault(k => k.Name == key) is { } at && (at.Default ?? at.Shape.Example) is { } text
            ? $"{key}: {text}"
            : null;
    }
}
