namespace TrafficCtl.Offline.Judging;

/// <summary>Says what is wrong with a file, up to a number that a person still reads.</summary>
internal sealed class BadLines(string file, TextWriter to) : IBadLines
{
    public const int MostShown = 100;

    public long Count { get; private set; }

    public void Add(long line, string problem)
    {
        if (++Count <= MostShown) to.WriteLine($"{file}:{line}: {problem}");
    }

    /// <summary>Says something of the whole file that makes no line bad.</summary>
    public void Note(string about) => to.WriteLine($"{file}: {about}");

    public void Finish()
    {
        if (Count > MostShown) to.WriteLine($"{file}: {Count - MostShown} further bad lines are not shown");
    }
}
