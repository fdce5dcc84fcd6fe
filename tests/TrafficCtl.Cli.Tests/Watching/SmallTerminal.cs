namespace TrafficCtl.Cli.Tests.Watching;

/// <summary>What stands on a terminal after some output: as much of ECMA-48 as <c>Screen</c> uses, without automatic wrapping.</summary>
internal sealed class SmallTerminal(int columns, int rows)
{
    private readonly char[][] cells = [.. Enumerable.Range(0, rows).Select(_ => new string(' ', columns).ToCharArray())];
    private int row;
    private int column;

    public string[] Lines => [.. cells.Select(static line => new string(line).TrimEnd())];

    public SmallTerminal Write(string output)
    {
        for (var at = 0; at < output.Length; at++)
        {
            switch (output[at])
            {
                case '\e':
                    at = Obey(output, at + 2);
                    break;
                case '\r':
                    column = 0;
                    break;
                case '\n':
                    if (row == rows - 1) Scroll();
                    else row++;
                    break;
                default:
                    // At the edge the cursor stays in the last column.
                    cells[row][column] = output[at];
                    column = Math.Min(column + 1, columns - 1);
                    break;
            }
        }

        return this;
    }

    private int Obey(string output, int at)
    {
        var end = at;
        while (!char.IsAsciiLetter(output[end])) end++;
        switch (output[end])
        {
            case 'H':
                (row, column) = (0, 0);
                break;
            case 'K':
                Array.Fill(cells[row], ' ', column, columns - column);
                break;
            case 'J':
                Array.Fill(cells[row], ' ', column, columns - column);
                for (var below = row + 1; below < rows; below++) Array.Fill(cells[below], ' ');
                break;
        }

        return end;
    }

    private void Scroll()
    {
        for (var line = 1; line < rows; line++) cells[line - 1] = cells[line];
        cells[rows - 1] = new string(' ', columns).ToCharArray();
    }
}
