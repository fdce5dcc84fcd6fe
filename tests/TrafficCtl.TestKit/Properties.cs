using FsCheck;

namespace TrafficCtl.TestKit;

public static class Properties
{
    /// <summary>Holds for the same cases in every run: what one finds, the next one finds too.</summary>
    /// <exception cref="Exception">A case for which it does not, made small.</exception>
    public static void Holds(this Property property, int cases = 300) =>
        property.Check(Config.QuickThrowOnFailure.WithMaxTest(cases).WithReplay(20_261_121, 7));
}
