using System.Collections.Immutable;
using TrafficCtl.Daemon.Config.Schema;

namespace TrafficCtl.Daemon.Config.Reading;

/// <summary>Sections of the delivery file, which know the file for keys that belong elsewhere.</summary>
internal static class Sections
{
    public static SectionShape Section(string noun, params ImmutableArray<Key> keys) =>
        new(noun, keys, [], []) { File = static () => DeliverySchema.Root };

    /// <param name="main">The key that one value in the place of the section is for; null for none.</param>
    /// <param name="example">How the section is written.</param>
    public static SectionShape Shown(string noun, string? main, string example, params ImmutableArray<Key> keys) =>
        Section(noun, keys) with { Main = main, Example = example };
}
