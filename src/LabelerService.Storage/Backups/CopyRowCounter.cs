using System.Buffers.Binary;

namespace LabelerService.Storage.Backups;

/// <summary>
/// Counts the rows of a binary COPY as its bytes go by, in pieces of any size: PostgreSQL says how many there were only to who does not
/// read the bytes themselves.
/// </summary>
internal sealed class CopyRowCounter
{
    private const int HeaderBytes = 19;

    private readonly byte[] _number = new byte[sizeof(int)];
    private long _skip = HeaderBytes;
    private int _have;
    private int _fieldsLeft;

    /// <summary>Rows so far.</summary>
    public long Rows { get; private set; }

    /// <summary>Whether the mark behind the last row has gone by.</summary>
    public bool Complete { get; private set; }

    /// <summary>Takes the next bytes.</summary>
    /// <exception cref="InvalidDataException">These are no rows.</exception>
    public void Add(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            if (_skip > 0)
            {
                var skipped = (int)Math.Min(_skip, bytes.Length);
                _skip -= skipped;
                bytes = bytes[skipped..];
                continue;
            }

            if (Complete)
            {
                throw new InvalidDataException("There is something behind the last row.");
            }

            // A row is the number of its fields (int16) and, of each, its length (int32; −1 for null) and its bytes.
            var need = _fieldsLeft == 0 ? sizeof(short) : sizeof(int);
            var taken = Math.Min(need - _have, bytes.Length);
            bytes[..taken].CopyTo(_number.AsSpan(_have));
            _have += taken;
            bytes = bytes[taken..];
            if (_have == need)
            {
                _have = 0;
                Take(need == sizeof(short));
            }
        }
    }

    private void Take(bool beginsRow)
    {
        if (!beginsRow)
        {
            _fieldsLeft--;
            _skip = Math.Max(0, BinaryPrimitives.ReadInt32BigEndian(_number));
            return;
        }

        var fields = BinaryPrimitives.ReadInt16BigEndian(_number);
        if (fields < 0)
        {
            Complete = true;
            return;
        }

        _fieldsLeft = fields > 0 ? fields : throw new InvalidDataException("A row has no fields.");
        Rows++;
    }
}
