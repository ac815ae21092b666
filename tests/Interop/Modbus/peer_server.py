"""A Modbus TCP server of pymodbus for the adapter's tests. Prints its port; then answers each line "TABLE ADDRESS COUNT" of its input with the values as JSON."""
import asyncio
import json
import sys

from pymodbus.constants import Endian
from pymodbus.datastore import ModbusSequentialDataBlock, ModbusServerContext, ModbusSlaveContext
from pymodbus.payload import BinaryPayloadBuilder
from pymodbus.server.async_io import ModbusTcpServer

SIZE = 300
FUNCTION_OF = {"coil": 1, "discrete": 2, "holding": 3, "input": 4}


def registers(add, word_order=Endian.Big):
    builder = BinaryPayloadBuilder(byteorder=Endian.Big, wordorder=word_order)
    add(builder)
    return builder.to_registers()


def put(values, address, items):
    values[address : address + len(items)] = items


def unit():
    holding = [0] * SIZE
    put(holding, 0, registers(lambda b: b.add_16bit_int(-1234)))
    put(holding, 2, registers(lambda b: b.add_32bit_int(-123456789)))
    put(holding, 4, registers(lambda b: b.add_32bit_uint(4000000000), Endian.Little))
    put(holding, 6, registers(lambda b: b.add_32bit_float(231.5)))
    put(holding, 8, registers(lambda b: b.add_64bit_float(1.0e-3)))
    put(holding, 12, registers(lambda b: b.add_64bit_uint(2**63 + 1)))
    put(holding, 16, registers(lambda b: b.add_string("pymodbus")))
    put(holding, 100, [2301, 0x1234, 0, 0])
    return ModbusSlaveContext(
        co=ModbusSequentialDataBlock(0, [False] * SIZE),
        di=ModbusSequentialDataBlock(0, [i % 3 == 0 for i in range(SIZE)]),
        hr=ModbusSequentialDataBlock(0, holding),
        ir=ModbusSequentialDataBlock(0, list(range(SIZE))),
        zero_mode=True,
    )


async def main():
    units = {1: unit(), 2: unit()}
    server = ModbusTcpServer(ModbusServerContext(slaves=units, single=False), address=("127.0.0.1", 0))
    serving = asyncio.ensure_future(server.serve_forever())
    await server.serving
    print(json.dumps(server.server.sockets[0].getsockname()[1]), flush=True)
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        table, address, count = line.split()
        print(json.dumps([int(value) for value in units[1].getValues(FUNCTION_OF[table], int(address), int(count))]), flush=True)
    serving.cancel()


asyncio.run(main())
