namespace TrafficCtl.Offline.Judging;

/// <summary>Is told what is wrong with lines.</summary>
internal interface IBadLines
{
    /// <summary>How many lines were bad.</summary>
    long Count { get; }

    /// <param name="line">Its number, from 1.</param>
    /// <param name="problem">What is wrong with it and what to do.</param>
    void Add(long line, string problem);

    /// <summary>Says something of all lines that makes none bad.</summary>
    void Note(string about);
}
